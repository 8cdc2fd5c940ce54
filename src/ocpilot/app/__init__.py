"""What the platform does, one file per thing; the outside is reached only through `ports.py`."""
