"""From a published run to a message in somebody's mailbox.

intents, write, approve    what there is to tell, as text, and a person's word on it
preliminary, thresholds    what is told of a month before its file, and of what the file changed
letter, outbox, transports    messages as they go out, in order, by mail or webhook
unsubscribe, demo    leaving by one click; a notice to look at
"""
