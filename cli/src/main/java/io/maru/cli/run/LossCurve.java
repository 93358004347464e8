package io.maru.cli.run;

import io.maru.training.v1.HistoryPoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/*
 *    6.93 |*
 *         | **
 *         |   ***o
 *    2.01 |       ****o****o
 *         +-----------------
 *          1           3,000      * loss   o validation loss
 */
/** Draws how the loss of a training fell, in characters. */
final class LossCurve {
    private static final int ROWS = 8;
    private static final int WIDTH = 68;

    private LossCurve() {}

    /** The picture's lines; none where fewer than two points have a loss, since a point is no curve. */
    static List<String> draw(List<HistoryPoint> history) {
        List<HistoryPoint> points = history.stream()
                .filter(point -> Double.isFinite(point.getLastLoss()))
                .toList();
        if (points.size() < 2) {
            return List.of();
        }
        double min = Double.POSITIVE_INFINITY;
        double max = Double.NEGATIVE_INFINITY;
        for (HistoryPoint point : points) {
            min = Math.min(min, Math.min(point.getLastLoss(), validation(point)));
            max = Math.max(max, Math.max(point.getLastLoss(), validation(point)));
        }
        char[][] picture = new char[ROWS][WIDTH];
        for (char[] row : picture) {
            Arrays.fill(row, ' ');
        }
        long first = points.get(0).getLastStep();
        long last = points.get(points.size() - 1).getLastStep();
        for (int column = 0; column < WIDTH; column++) {
            double step = first + (double) (last - first) * column / (WIDTH - 1);
            picture[row(loss(points, step), min, max)][column] = '*';
        }
        for (HistoryPoint point : points) {
            if (point.hasValidationLoss() && Double.isFinite(point.getValidationLoss())) {
                int column = last == first
                        ? 0
                        : (int) Math.round((double) (point.getLastStep() - first) * (WIDTH - 1) / (last - first));
                picture[row(point.getValidationLoss(), min, max)][column] = 'o';
            }
        }
        List<String> lines = new ArrayList<>();
        for (int row = 0; row < ROWS; row++) {
            String label = row == 0 ? number(max) : row == ROWS - 1 ? number(min) : "";
            lines.add((String.format(Locale.ROOT, "%8s |", label) + new String(picture[row])).stripTrailing());
        }
        lines.add(" ".repeat(9) + "+" + "-".repeat(WIDTH));
        String from = String.format(Locale.ROOT, "step %,d", first);
        String to = String.format(Locale.ROOT, "%,d", last);
        String legend = "* loss   o validation loss";
        int gaps = WIDTH - from.length() - to.length() - legend.length();
        lines.add(" ".repeat(10) + from + " ".repeat(gaps / 2) + legend + " ".repeat(gaps - gaps / 2) + to);
        return lines;
    }

    /** Where there is none, the loss itself, which moves no limit. */
    private static double validation(HistoryPoint point) {
        return point.hasValidationLoss() && Double.isFinite(point.getValidationLoss())
                ? point.getValidationLoss()
                : point.getLastLoss();
    }

    /** Between two points on the straight line that joins them. */
    private static double loss(List<HistoryPoint> points, double step) {
        for (int i = 1; i < points.size(); i++) {
            HistoryPoint left = points.get(i - 1);
            HistoryPoint right = points.get(i);
            if (step <= right.getLastStep()) {
                double share = (step - left.getLastStep()) / Math.max(1, right.getLastStep() - left.getLastStep());
                return left.getLastLoss() + Math.max(0, share) * (right.getLastLoss() - left.getLastLoss());
            }
        }
        return points.get(points.size() - 1).getLastLoss();
    }

    private static int row(double loss, double min, double max) {
        return max == min ? ROWS - 1 : (int) Math.round((max - loss) / (max - min) * (ROWS - 1));
    }

    private static String number(double loss) {
        return String.format(Locale.ROOT, loss < 1_000 ? "%.3f" : "%.1e", loss);
    }
}
