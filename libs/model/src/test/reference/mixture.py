"""The sources of the rows that Mixture mixes, for MixtureTest: two of equal weight, batch 8, seed 42."""

PERIOD, MASK = 4096, (1 << 64) - 1


def mix(z):
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
    return z ^ z >> 31


def sources(period, seed):
    laid = [0] * (PERIOD // 2) + [1] * (PERIOD // 2)
    state = mix((mix(seed) + period) & MASK)
    for i in range(PERIOD - 1, 0, -1):
        state = (state + 0x9E3779B97F4A7C15) & MASK
        other = int((mix(state) >> 11) * 2.0**-53 * (i + 1))
        laid[i], laid[other] = laid[other], laid[i]
    return laid


for step in (0, 511, 1_000_000):
    at = step * 8
    print(step, sources(at // PERIOD, 42)[at % PERIOD : at % PERIOD + 8])
