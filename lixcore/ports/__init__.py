"""What lixcore needs from the outside, one small Protocol per capability, documented for those who implement it.

An adapter never subclasses anything: a class with these methods is an adapter. What every port shares:

* Methods may be called from any thread, several at once, and from several processes on the same store.
* A failure is an error of `lixcore.errors`, never ``None``, ``False`` or emptiness.
* A `SessionKey` is data. Compare it exactly; never put its text into a path, a pattern or a query.
* ``close()`` may be called twice; every other method then raises `ClosedError`.
"""
