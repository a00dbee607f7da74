// The ball and all that is printed for it. Open this in OpenSCAD (2021.01 or newer), choose a part in the customizer, F6, export as STL.
// Or `make hardware`, which writes every part into build/hardware. All parts are modelled where they are in use; docs/build/print-and-cast.md
// says which face goes down on the bed.

/* [Part] */
part = "bowl"; // [bowl, core_tongue, core_groove, insert_plain, insert_pin, insert_gate, insert_dot, insert_notch, pod_base, pod_lid, puck_disc, box_base, box_lid, shell_tongue, shell_groove, fsr_ball]
facets = 96; // [48, 96, 144]

// --- from ball.toml, written by `make hardware`; change ball.toml, or try a value here ---
/* [Ball] */
// outside diameter of both balls; the mechanics table has 60 and 65
ball_outer_mm = 65.0;
// wall of the air ball: 29 mm of it are left under 20 kg, and its pressure is near linear in the load
ball_wall_mm = 8.0;
// how far the inner half of the wall of one half reaches into the other: the pressure presses the lap shut
ball_tongue_mm = 5.0;
// slope of the lap's standing walls, so that they leave the mould
ball_draft_deg = 3.0;
// room for the film of silicone in the lap
ball_glue_gap_mm = 0.1;

/* [Mould] */
// leaves 8 mm beside the bolts
mould_flange_radius_mm = 52.0;
// thick enough not to bow between four bolts
mould_flange_mm = 10.0;
// the foot that it stands on
mould_base_radius_mm = 30.0;
// below the cavity
mould_floor_mm = 8.5;
// M5 x 30, four of them
mould_bolt_mm = 5.0;
// medium fit of ISO 273
mould_bolt_hole_mm = 5.5;
// radius
mould_bolt_circle_mm = 44.0;
// a flat for an M5 washer (10 mm) and the socket of its nut driver (8 mm spanner, 13.5 mm round it)
mould_bolt_seat_mm = 14.0;
// foot of the cones that centre the parts
mould_key_mm = 8.0;
mould_key_height_mm = 4.0;
// all round
mould_key_gap_mm = 0.2;
// at the pole, for the four inserts
mould_bore_mm = 16.0;
// on the radius: slides in, and this silicone does not run through
mould_insert_gap_mm = 0.15;
// six of them, at the highest place of what is cast
mould_vent_mm = 2.5;
// takes the tip of a syringe
mould_gate_mm = 3.5;
// square channel for the FSR ball's cable, half in each bowl
mould_notch_mm = 4.4;
// "this side up", raised on the FSR ball
mould_dot_mm = 5.0;
mould_dot_height_mm = 0.8;

/* [Pod] */
// LPS28DFW breakout of the narrow kind (0.75 x 0.30 inch); measure yours
pod_board_length_mm = 19.1;
pod_board_width_mm = 7.7;
// beyond the board, all of it
pod_room_mm = 0.9;
// for the head of a 2.5 mm cable tie behind the gland: it cannot be pulled through
pod_tie_mm = 4.6;
pod_wall_mm = 2.0;
// at most 12
pod_height_mm = 11.0;
// at least 3: nothing sharp within reach of the wall
pod_edge_mm = 3.0;
// inside of the wall rests against this
pod_shoulder_mm = 11.0;
pod_neck_mm = 9.0;
// in the silicone: 1 mm smaller than the neck
pod_hole_mm = 8.0;
// outside, let into the wall; its two flats lie along the pod's broad sides
pod_neck_flange_mm = 13.0;
pod_neck_flange_thick_mm = 2.4;
// across the flats
pod_flats_mm = 10.0;
// bore for a 4 mm cable
pod_cable_mm = 4.4;
// socket for the bend relief: silicone tube 4 x 6 mm, 30 mm long
pod_boot_mm = 6.2;
pod_boot_depth_mm = 6.0;
// from the ball's middle to the pod's outward face
pod_face_mm = 21.6;

/* [Puck] */
// the sensor's head (32 mm) lies on it whole
puck_disc_mm = 34.0;
puck_thick_mm = 4.0;
puck_edge_mm = 2.0;
// silicone pad, a little smaller than the 25.4 mm active area
puck_pad_mm = 24.0;
puck_pad_thick_mm = 1.0;

/* [Box] */
// inside: a 30 x 70 mm perforated board, and 20 mm for button and plug
box_length_mm = 92.0;
// the board between the posts
box_width_mm = 47.0;
box_height_mm = 22.0;
box_wall_mm = 2.4;
box_edge_mm = 4.0;
box_board_length_mm = 70.0;
box_board_width_mm = 30.0;
box_board_above_floor_mm = 4.0;
// around the plug's moulding
box_usb_width_mm = 13.0;
box_usb_height_mm = 9.0;
// its middle, with the Nano soldered straight to the board
box_usb_above_board_mm = 7.6;
// four-pin plug that comes out when somebody pulls
box_plug_width_mm = 12.6;
box_plug_height_mm = 6.6;
// panel push-button of 12 mm, under the thumb
box_button_mm = 12.2;
box_led_mm = 3.2;
// M3 x 10, four, into the plastic
box_screw_mm = 3.0;
box_screw_hole_mm = 3.4;
box_pilot_mm = 2.5;
box_post_mm = 7.0;
// --- end of what is written ---

/* [Hidden] */
$fn = facets;
R = ball_outer_mm / 2;       // outer radius
r = R - ball_wall_mm;        // radius of the cavity
eps = 0.01;                  // so that cuts go right through

include <pod.scad>
include <mould.scad>
include <puck.scad>
include <box.scad>

if (part == "bowl") bowl();
else if (part == "core_tongue") core_tongue();
else if (part == "core_groove") core_groove();
else if (part == "insert_plain") insert_plain();
else if (part == "insert_pin") insert_pin();
else if (part == "insert_gate") insert_gate();
else if (part == "insert_dot") insert_dot();
else if (part == "insert_notch") insert_notch();
else if (part == "pod_base") pod_base();
else if (part == "pod_lid") pod_lid();
else if (part == "puck_disc") puck_disc();
else if (part == "box_base") box_base();
else if (part == "box_lid") box_lid();
else if (part == "shell_tongue") shell_tongue();
else if (part == "shell_groove") shell_groove();
else if (part == "fsr_ball") fsr_ball();
else assert(false, str("there is no part ", part));
