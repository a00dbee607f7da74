"""What each page of the window shows and what each key does there: plain values, without Qt."""
