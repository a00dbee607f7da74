"""The electronic half of the ball: one netlist, checked, drawn, simulated and bought from."""
