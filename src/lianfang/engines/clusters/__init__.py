"""Does a statutory rule hold? So many alike, in so many days, at one place: a pure evaluator over facts.

``model`` has the facts, the rules and the answers; ``evaluator`` gives all answers at once (``evaluate``) or keeps them
up to date fact by fact (``ClusterIndex``); ``spells`` slides the windows. The values of the rules are the rule packs'.
"""
