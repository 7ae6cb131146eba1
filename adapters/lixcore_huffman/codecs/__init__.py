"""The codecs of this package. None of them needs anything beyond the standard library and numpy."""
