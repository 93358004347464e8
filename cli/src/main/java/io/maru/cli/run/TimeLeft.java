package io.maru.cli.run;

/** Says how long something will take, no more exactly than it can be known. */
final class TimeLeft {
    private TimeLeft() {}

    /** As in {@code 45 s left}, {@code 12 min left}, {@code 3 h 20 min left} and {@code 2 d 4 h left}. */
    static String of(double seconds) {
        if (seconds < 100) {
            return Math.round(seconds) + " s left";
        }
        long minutes = Math.round(seconds / 60);
        if (minutes < 100) {
            return minutes + " min left";
        }
        return minutes < 48 * 60
                ? minutes / 60 + " h " + minutes % 60 + " min left"
                : minutes / (24 * 60) + " d " + minutes / 60 % 24 + " h left";
    }
}
