"""Limits: how much of a machine that many share a run may have. How large one is, TrainingConfig says."""

SECONDS_OF_LEASE = 90  # a page that is silent for so long frees its trainer; a hidden tab asks once a minute
LONGEST_LEASE = 3600  # that a run started through the API may ask for
SECONDS_OF_RUN = 1800  # under way, in all
MOST_HERE = 40  # queued or under way from one address: a class shares one
MOST_WAITING = 100
MOST_KEPT = 200  # runs in the store, whatever their state
MOST_BYTES = 256 * 2**20  # of runs that have ended, all together
SECONDS_KEPT = 3600  # after somebody last asked
SECONDS_OF_PAUSE = 60  # that a paused run keeps its trainer; then it waits in the store
SECONDS_OF_PAUSE_IN_QUEUE = 5  # the same while others wait
SECONDS_TO_LOST = 6  # without a sign of life from a run's trainer, who gives one every second

MOST_CHECKPOINTS = 24  # to look back at, evenly spaced
MOST_CHECKPOINT_BYTES = 16 * 2**20  # of one run; at least the first and the last are kept
MOST_NUMBERS = 500_000  # in one answer; what is left comes with the next
