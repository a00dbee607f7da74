// One bowl serves both balls. Air ball: it is closed by a core, twice, and gives two half-shells that are glued. FSR ball: two bowls, one on the
// other. What differs at the pole is an insert: plain, the pin that leaves the pod's hole, the gate, or the dot "this side up".
// The parting plane is z = 0, the cavity below it, the pole at z = -R. Parts are in the place that they have when the mould is closed.
// Whatever is round is drawn in 2D and turned, because OpenSCAD takes seconds for each cut in 3D.

lap_r = r + ball_wall_mm / 2;                            // middle of the wall, where the lap's standing wall is
lean = ball_tongue_mm * tan(ball_draft_deg);             // what the draft makes over the tongue's height
groove_deep = ball_tongue_mm + 2 * ball_glue_gap_mm;
vent_tongue_r = (r + lap_r - lean) / 2;                  // middle of the tongue's tip
vent_land_r = (lap_r + ball_glue_gap_mm + R) / 2;        // middle of the other half's outer land
pole = -R - mould_floor_mm;                              // underside of the bowl
bolt_angles = [45, 135, 225, 315];
key_angles = [70, 110];                                  // cones; the sockets lie opposite, so that a bowl fits on a bowl
insert_flange_r = mould_bore_mm / 2 + 2.5;
insert_flange_z = 3;
pin_seat = 3;                                            // how far the pin stands in the dome, and so holds its middle

module at(angle, radius) rotate(angle) translate([radius, 0, 0]) children();

module holes_2d(vent_r) {
  for (a = bolt_angles) at(a, mould_bolt_circle_mm) circle(d = mould_bolt_hole_mm, $fn = 24);
  if (vent_r > 0) for (i = [0 : 6]) at(i * 360 / 7, vent_r) circle(d = i == 0 ? mould_gate_mm : mould_vent_mm, $fn = 16);
}

module cone(gap = 0) cylinder(d1 = mould_key_mm + 2 * gap, d2 = mould_key_mm / 2 + 2 * gap, h = mould_key_height_mm + gap, $fn = 24);

module notch_2d(gap) translate([R - 4, -mould_notch_mm / 2 + gap]) square([mould_flange_radius_mm - R + 4 + (gap > 0 ? -2 : 1), mould_notch_mm - 2 * gap]);

module lower_half(radius) intersection() { circle(r = radius); translate([0, -radius]) square([radius, radius]); }

module bowl() {
  difference() {
    rotate_extrude() difference() {
      polygon([[0, pole], [mould_base_radius_mm, pole], [mould_flange_radius_mm, -mould_flange_mm], [mould_flange_radius_mm, 0], [0, 0]]);
      circle(r = R);
      translate([0, pole - eps]) square([mould_bore_mm / 2, mould_floor_mm + R]);
      translate([0, pole - eps]) square([insert_flange_r + mould_insert_gap_mm, insert_flange_z + mould_insert_gap_mm]);
    }
    translate([0, 0, pole]) linear_extrude(2 * R) holes_2d(0);
    translate([0, 0, pole - 1]) linear_extrude(1 - pole - mould_flange_mm) for (a = bolt_angles) rotate(a) hull() for (x = [0, 20]) translate([mould_bolt_circle_mm + x, 0]) circle(d = mould_bolt_seat_mm, $fn = 24);  // open outward: no thin rim
    for (a = key_angles) at(-a, mould_bolt_circle_mm) translate([0, 0, eps]) mirror([0, 0, 1]) cone(mould_key_gap_mm);
    translate([0, 0, -mould_notch_mm / 2]) linear_extrude(mould_notch_mm) notch_2d(0);
  }
  for (a = key_angles) at(a, mould_bolt_circle_mm) translate([0, 0, -eps]) cone();
}

// A plate with a dome below it, a trough on it that takes what overflows, and sockets on both sides of the middle so that it fits either way.
module core(vent_r) difference() {
  rotate_extrude() difference() {
    union() {
      square([mould_flange_radius_mm, mould_flange_mm]);
      lower_half(r);
      children(0);
    }
    children(1);
    translate([vent_r, mould_flange_mm]) polygon([[-6, eps], [6, eps], [2, -2.5], [-2, -2.5]]);
  }
  translate([0, 0, -eps]) linear_extrude(mould_flange_mm + 1) holes_2d(vent_r);
  for (s = [1, -1], a = key_angles) at(s * a, mould_bolt_circle_mm) translate([0, 0, -eps]) cone(mould_key_gap_mm);
}

module tongue_2d(below) polygon([[r, -below], [lap_r, -below], [lap_r, 0], [lap_r - lean, ball_tongue_mm], [r + 0.05, ball_tongue_mm]]);

module groove_2d(above) {
  out = lap_r + ball_glue_gap_mm;
  polygon([[0, above], [out, above], [out, 0], [out - lean, -groove_deep], [0, -groove_deep]]);
}

// Makes the half whose inner half of the wall stands proud.
module core_tongue() core(vent_tongue_r) {
  square(0);
  tongue_2d(eps);
}

// Makes the half with the hole for the pod, and the step that takes the tongue.
module core_groove() core(vent_land_r) {
  groove_2d(eps);
  translate([0, -r - 1]) square([pod_hole_mm / 2 + mould_insert_gap_mm, pin_seat + 1]);
}

module insert_2d() difference() {
  union() {
    translate([0, pole]) square([mould_bore_mm / 2 - mould_insert_gap_mm, mould_floor_mm + 3]);
    translate([0, pole]) square([insert_flange_r - mould_insert_gap_mm, insert_flange_z]);
  }
  circle(r = R);
}

module insert_plain() rotate_extrude() insert_2d();

// Two flats on the step give the pod's flange its one place.
module pin_step_2d(gap) intersection() {
  circle(d = pod_neck_flange_mm + 2 * gap);
  square([pod_flats_mm + 2 * gap, 40], center = true);
}

module insert_pin() {
  rotate_extrude() union() {
    insert_2d();
    translate([0, pole]) square([pod_hole_mm / 2, -pole - r + pin_seat - 0.5]);
  }
  translate([0, 0, pole + 1]) linear_extrude(-pole - 1 - neck_step) pin_step_2d(0.25);
}

// Pole up: the gate is the highest place, two vents beside it.
module insert_gate() difference() {
  insert_plain();
  translate([0, 0, pole - 1]) linear_extrude(R) {
    circle(d = 5, $fn = 24);
    for (s = [-1, 1]) translate([s * 5.2, 0]) circle(d = 2, $fn = 16);
  }
}

module dot_2d() polygon([[0, -R - mould_dot_height_mm], [mould_dot_mm / 2 - 0.5, -R - mould_dot_height_mm], [mould_dot_mm / 2, -R + 0.5], [0, -R + 0.5]]);

module insert_dot() rotate_extrude() difference() { insert_2d(); dot_2d(); }

// Closes the cable's channel while the air ball is cast.
module insert_notch() translate([0, 0, -mould_notch_mm / 2 + 0.1]) linear_extrude(mould_notch_mm / 2 - 0.1) difference() { notch_2d(0.1); circle(r = R); }

// What comes out of the mould.
module shell_tongue() rotate_extrude() difference() {
  union() {
    lower_half(R);
    tongue_2d(eps);
  }
  circle(r = r);
  square([r, R]);
}

module shell_groove() difference() {
  rotate_extrude() difference() {
    lower_half(R);
    circle(r = r);
    groove_2d(eps);
  }
  translate([0, 0, -R - 1]) linear_extrude(R - 5) circle(d = pod_hole_mm);
  translate([0, 0, -R - 1]) linear_extrude(R + 1 - neck_step) pin_step_2d(0.25);
}
