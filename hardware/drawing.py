def drawing(p,d): return "<svg/>"
