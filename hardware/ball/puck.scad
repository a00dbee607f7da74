// The FSR ball: solid, softer, with two of these discs round the sensor in its middle. z is the direction of the load.

puck_gap = puck_pad_thick_mm + 0.2;  // the pad and the film
puck_high = 2 * puck_thick_mm + puck_gap;

module puck_disc() rotate_extrude() hull() {
  square([puck_disc_mm / 2 - puck_edge_mm, puck_thick_mm]);
  intersection() {
    translate([puck_disc_mm / 2 - puck_edge_mm, puck_edge_mm]) circle(r = puck_edge_mm);
    square([puck_disc_mm, puck_thick_mm]);
  }
}

module puck_place() for (s = [0, 1]) mirror([0, 0, s]) translate([0, 0, puck_gap / 2]) children();

module fsr_ball() difference() {
  rotate_extrude() difference() {
    union() {
      intersection() { circle(r = R); translate([0, -R]) square([R, 2 * R]); }
      dot_2d();
    }
    translate([0, -puck_high / 2]) square([puck_disc_mm / 2, puck_high]);
  }
  translate([puck_disc_mm / 2 - 1, -2, -2]) cube([R, 4, 4]);
}
