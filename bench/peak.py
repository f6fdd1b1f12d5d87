"""The most that this machine's cores can do together, printed as JSON."""

import json

from compiler.simd.peak import measure_peak
from runtime.cores import available_cores

if __name__ == "__main__":
    print(json.dumps({"peak": measure_peak(available_cores())}))
