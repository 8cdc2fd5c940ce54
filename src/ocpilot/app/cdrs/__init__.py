"""CDRs: made, received, matched, credited, and looked at before anybody bills them."""
