"""What a technician does at a gate: sees what is plugged in, listens to a reader, finds one, calibrates it, tries relays and cameras.

    seen.py      what is there, what the configuration names, what is missing
    raw.py       live bytes with the decoder's reading beside them; recordings.py  captures in files, and their replay
    search.py    find a reader on a port that nobody uses
    calibrate.py one known card → the rule
    trying.py    pulse a relay, install mode: what moves or changes something, and so is on record
    focusing.py  a camera's picture in figures and words
    workshop.py  all of it behind one door (edge.api.port_technician.TechnicianPort)

With hardware.py a hand of wiring: it knows drivers. Looking is not journalled; what changes or discloses something is.
"""
