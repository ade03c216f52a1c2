"""How fast does it spread? Reproduction number, growth, final size, attack rates, short forecasts.

``cori`` estimates R(t), ``interval`` makes and samples serial intervals, ``growth`` has doubling time, final size and
attack rates, ``forecast`` projects and scores, ``terminal`` is what ``lianfang rt`` does.
"""
