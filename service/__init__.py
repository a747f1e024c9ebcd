"""Choose the default small language model for a device: ask, time, judge, rank.

Read `service/pipeline.py` first: it is the map of the house.
"""

__version__ = "0.1.0"
