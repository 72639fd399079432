"""Number plates in pictures: where they are, what they say, and whether to rely on it.

    frame → detect.py: four corners → straighten.py: a flat plate → recognise.py: two recognisers' probabilities → decode.py: the texts that
    the grammar (grammar.py) allows, best first → colour.py: colour and kind → judge.py: certain or not → vote.py: frames together

`reader.load()` gives the whole as a `camera.base.PlateReader`; `python -m camera.plates FILE…` prints readings as lines of JSON.
`likeness.py` finds, in a register, the plates that a doubtful reading may have been. Everything here is a pure function of pictures.
"""
