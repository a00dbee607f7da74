"""The one error of recordings, apart from the code that needs numpy, so that a face can name it before that is imported."""


class RecordingError(Exception):
    """A recording cannot be written or read. The text is one sentence for the person."""
