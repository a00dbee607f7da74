"""The device at the end of the cable: its words, its bytes, its clock."""
