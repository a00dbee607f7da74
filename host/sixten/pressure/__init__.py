"""Raw counts to trustworthy kilopascals."""
