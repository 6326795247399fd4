"""Tables as people keep them: a file -> cells -> months and numbers -> which column is what."""
