"""sixten: stay at no more than 6 out of 10 while you loosen the outside of the hip on a soft ball."""

__version__ = "0.1.0"
