"""The mechanical half of the hardware: ball.toml and ball/*.scad to meshes, pictures, a drawing and the guide's tables."""
