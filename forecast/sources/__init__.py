"""Where counts come from: one folder a source, one contract, and the list of them.

source   what the rest of the program may ask of a source
catalog  the sources there are, by name
cbp      everything that knows CBP's files, pages and words
own      somebody's own counts, by a section of the settings
published, checks    a publisher's CSV by its source.toml; whether a release is believed
contract, unfinished    a delivery beside the record; its months that are not complete
names, questions, wording, holes    what series are called, asked and said to be
"""
