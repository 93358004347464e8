package io.maru.cli.doctor;

import java.util.Map;

/**
 * One thing about the machine.
 *
 * @param found what is there, and what is expected where that is something else
 */
public record Check(String subject, Verdict verdict, String found) {
    /** NOTE: works, but not as well as it could. WRONG: Maru will not run. */
    public enum Verdict {
        OK,
        NOTE,
        WRONG
    }

    public Map<String, Object> toMap() {
        return Map.of("subject", subject, "verdict", verdict.name(), "found", found);
    }
}
