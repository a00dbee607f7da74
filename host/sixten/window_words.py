"""The window's own sentences: home, sound check, questions, the sheet of keys. In English; every text in capitals is a message."""

HOME, HOME_NAME = "sixten", "home page"

# The ball.
BALL = "Ball"
FOUND: dict[str, str] = {
    "looking": "Looking for a ball.",
    "found": "Found: {what}.",
    "choose": "More than one could be your ball. Which one is it?",
    "chip": "There is a USB chip that could be a ball, or anything else: opening restarts what hangs on it. Is it your ball?",
    "choose_chip": "Which one is your ball? What hangs on a USB chip could be anything, and opening restarts it.",
    "failed": "Enter tries {what} again; or unplug it and plug it in again.",
    "none": "No ball is plugged in. Plug it in, with a cable that carries data.",
}
OTHER_BALL, TRY_VIRTUAL = "Another ball", "Try the virtual ball"
LOOK_FAILED = "The ports cannot be listed ({reason})."

# Who and which side.
WHO, WHICH_SIDE = "Who lies on it?", "Which side?"
JUST_THE_GAUGE = "Nobody: gauge only"
NOBODY_STORED = "Nobody is stored yet: you see the gauge, and no window is timed."
TYPE_TO_FIND, TYPED, TYPED_NOBODY, TYPED_MANY = "Type a name", "Name: {typed}…", "Nobody is called {typed}.", "Name: {typed}…, go on typing"
SHOW_NAMES, HIDE_NAMES = "Show names", "Hide names"
SIDE_WORDS: dict[str, str] = {"left": "LEFT HIP", "right": "RIGHT HIP"}
LINE_KNOWN = "{side}: {kpa:.1f} {unit}, if this is the ball it was found on."
LINE_REASON = "{side}: {reason}"
GO, AGAIN = "GO", "Try again"
MISSING: dict[str, str] = {
    "who": "Say first who lies on it.",
    "side": "Say first which side.",
    "ball": "There is no ball to begin with yet.",
}
HOME_FOOT = "? keys · Shift R turns the page · d dark or light · q leaves"

# Sound.
SOUND, SOUND_CHECK = "Sound", "Sound check"
SOUND_ON, SOUND_OFF = "Sound is on, volume {percent:.0f} %.", "There will be no sound: {reason}."
SOUND_OPENS = "The sound is being opened."
LISTEN = "The warning sounds like what is played now. Did you hear it, lying down as you will lie?"
I_HEARD_IT, NOT_HEARD, PLAY_AGAIN, LOUDER, QUIETER = "I heard it", "I did not hear it", "Play it again", "Louder", "Quieter"
HELPS = "Look at the volume, at headphones, at the computer's own mute. For those who cannot hear there are two more warnings:"
FULL_SCREEN_WORD, WORD_ON, WORD_OFF = (
    "Full-screen word",
    "The warning's word fills the whole screen.",
    "The warning's word stays in its place.",
)
BOARD_WARNS = (
    "At your line the ball's own board vibrates, if it has a motor, turns red and sounds. In a session, b lets it sound once, so that "
    "you know what it is like."
)
NO_DEVICE = "There is no sound ({reason}). The session works all the same: look at the screen, and feel the board."
GO_ON, BACK = "Go on", "Back"

# In a session.
SAY_WHO = "For a timed window say at home who lies on the ball; a line of today comes from sixten calibrate."
ANY_KEY_STOPS = "Space stops"
SAME_BALL = "Another sensor than before: is this the same ball?"
YES, NO = "Yes, the same", "No"
ANOTHER_BALL = "This is another ball ({now}) than the one you began with ({before}). Your line is not its line: come off and end with q."
UNPLUG_IT = "Another sensor than before, so the session was ended: unplug the ball."
AWAKE = "somebody lies on the ball"
LEAN = "Lean on the virtual ball"
LEANING = "lean {percent} % of the line"
INTERRUPTED = "The session was interrupted: no signal for ten seconds. What was recorded is kept."
DISPLAY_GONE = "the display is gone, so the session was closed; what was recorded is kept."
UNEXPECTED = "The session ended by a fault of the program ({reason}); what was recorded is kept."

LOWERED_NOT_KEPT = "the lowered line could not be stored: {reason}"

# Settings.
SETTINGS: dict[str, str] = {
    "damaged": "The settings in {path} are damaged ({reason}), so these are the defaults.",
    "damaged_kept": "The settings in {path} were damaged ({reason}); the file is kept as {aside}.",
    "unreadable": "The settings in {path} cannot be read ({reason}), so these are the defaults, and nothing is written there.",
    "unwritable": "The settings cannot be kept in {path} ({reason}).",
}

# Keys that have a name, as they are written on buttons and in the sheet.
KEY_NAMES: dict[str, str] = {
    "space": "Space",
    "enter": "Enter",
    "esc": "Esc",
    "up, down": "Up, Down",
    "left, right": "Left, Right",
}

# The sheet of keys: what each does.
SHEET, SHEET_CLOSES = "Keys", "Any key closes this."
SHEET_SESSION: dict[str, str] = {
    "space": "stop (Enter, Esc and Backspace too)",
    "s": "symptom",
    "0-9, t": "how much it hurts, t for ten",
    "+, -": "one more, one less",
    "n": "new window",
    "z, y": "new zero; nothing touches the ball",
    "m, [ ]": "mute for a while; quieter, louder",
    "b": "the board sounds once",
    "up, down": "lean on the virtual ball",
    "q": "leave the session",
}
SHEET_REPLAY: dict[str, str] = {
    "space": "pause",
    "left, right": "five seconds back or on",
    ".": "one step",
    "up, down": "quicker, slower",
    "m, [ ]": "mute for a while; quieter, louder",
    "q": "leave",
}
SHEET_HOME: dict[str, str] = {
    "1-9, 0": "who, or nobody",
    "l, r": "left or right side",
    "enter": "go",
    "v": "the virtual ball",
    "b": "another ball",
    "s": "sound check",
    "h": "hide or show names",
    "/": "type a name",
    "q": "leave sixten",
}
SHEET_ALWAYS: dict[str, str] = {
    "r": "turn the page (Shift R on the home page)",
    "d": "dark or light",
    "e": "estimated pain, on or off",
    "f": "full screen",
    "p": "low power: fewer frames",
    "?": "these keys",
}
