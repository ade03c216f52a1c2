"""Pure numerics: no Django, no database, no clock of their own.

``aberration`` (is this count unusual?), ``clusters`` (does a statutory rule hold?), ``reproduction`` (how fast does it
spread?). Importing this package costs nothing: numpy, scipy and numba are imported by the modules that compute.
"""
