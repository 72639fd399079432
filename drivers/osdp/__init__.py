"""Card readers that speak OSDP v2 (IEC 60839-11-5) over RS-485, with Secure Channel; through libosdp, control panel side.

One bus is one serial port with one thread, and up to a few readers with an address each:

    serial port ⇄ line.Line ⇄ libosdp ⇄ bus.OsdpBus ─┬ reader.OsdpReader (entry.reader, address 0)
                      └ frames.Framer (who answers?)  └ reader.OsdpReader (exit.reader, address 1)

What libosdp does: frames, sequence numbers, challenge and MACs, polling. What it leaves to us, and what this package is:

* **The channel is enforced.** A reader without it, or with another key, is a fault (KEY) and gives no card.
* **Install mode** (the published default key SCBK-D is accepted, and the reader is given our key) is an act of a technician with an
  end: `OsdpReader.install`. While it lasts the reader has the fault INSTALL, which the gate journals as it begins and ends; no card
  counts that came over the default key.
* **The watchdog.** libosdp's own retry waits up to five minutes; we take a reader that is down out and in again every 3 s.
* **Stale reads.** A reader keeps a card that was presented while the cable was cut and delivers it afterwards, without a time. So
  reads of the first two seconds after the line returns are dropped, unless a vehicle stands on the loop.
* **Tamper and power** are faults; light and buzzer answer the decision.

The library is imported by bus.py alone. PyPI's `osdp` is another package with the same import name: never install it beside `libosdp`.
"""
