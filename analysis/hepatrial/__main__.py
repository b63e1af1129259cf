"""``python -m hepatrial`` is the ``hepatrial`` command."""

from hepatrial.cli import main

if __name__ == "__main__":
    main()
