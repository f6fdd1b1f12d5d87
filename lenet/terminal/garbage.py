"""For a program that imports it before others: to look for garbage less often.

Modules, of which a command imports hundreds, are none. To look as often as Python does is a twelfth
of the time of a short command.
"""

import gc

gc.set_threshold(20_000, 20, 20)
