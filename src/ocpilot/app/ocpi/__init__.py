"""What all OCPI modules share (who sees what, pages, versions), and those that are only objects."""
