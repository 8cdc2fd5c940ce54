"""The rules between platforms, without I/O: values in, decisions out."""
