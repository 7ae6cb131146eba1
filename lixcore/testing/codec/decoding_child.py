"""A process of its own that decodes a block; started by `lixcore.testing.codec.lifetimes`."""

from __future__ import annotations

from lixcore.testing.ground.children import opened, ready, received, tell


def main() -> None:
    """Print the block as hexadecimal digits."""
    task = received()
    codec = opened(task)
    ready()
    tell(codec.decode(bytes.fromhex(task["block"]), size=task["size"]).hex())


if __name__ == "__main__":
    main()
