"""Words reduced to their stems, by the algorithms of the Snowball project; without words that tell nothing."""

from lixcore_snowball.analyzer import SnowballAnalyzer

__all__ = ["SnowballAnalyzer"]
