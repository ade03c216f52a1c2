"""Is this count unusual? Detectors over (series x time) arrays.

* ``farrington``: the original method (1996) and the flexible one (2013), for weekly series with years behind them.
* ``charts``: EARS C1, C2, C3, EWMA and moving percentile, for short daily series.
* ``cusum``: one-sided cumulative sums, standard, Rossi and others.
* ``school``: the charts over school days, with a variance floor and the days on which nothing can be said.
* ``correction``: Benjamini-Hochberg per district and day. ``reasons``: "cannot judge, because …".
* ``simulation``: absence with injected outbreaks. ``terminal``: what ``lianfang detect`` does.

Every detector returns a ``result.Detection``. README.md is the map, docs/algorithms has formulas and sources.
"""
