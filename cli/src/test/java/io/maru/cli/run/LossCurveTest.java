package io.maru.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.maru.training.v1.HistoryPoint;
import java.util.List;
import org.junit.jupiter.api.Test;

class LossCurveTest {
    private static HistoryPoint point(long step, double loss) {
        return HistoryPoint.newBuilder().setLastStep(step).setLastLoss(loss).build();
    }

    @Test
    void fallsFromTheFirstLossToTheLast() {
        List<String> lines = LossCurve.draw(List.of(
                point(1, 7), point(1500, 3).toBuilder().setValidationLoss(3.5).build(), point(3000, 1)));

        assertThat(lines).hasSize(10).allSatisfy(line -> assertThat(line.length())
                .isLessThan(80));
        assertThat(lines.get(0)).startsWith("   7.000 |*");
        assertThat(lines.get(7)).startsWith("   1.000 |").endsWith("*");
        assertThat(lines.get(4)).contains("o");
        assertThat(lines.get(9)).startsWith("          step 1 ").endsWith("3,000");
        for (int column = 10; column < 78; column++) {
            int at = column;
            assertThat(lines.subList(0, 8)).anySatisfy(line -> assertThat(line.length() > at && line.charAt(at) != ' ')
                    .isTrue());
        }
    }

    @Test
    void aLossThatIsNoNumberIsNoPartOfThePicture() {
        assertThat(LossCurve.draw(List.of(point(1, 4), point(2, 3), point(3, Double.NaN)))
                        .get(7))
                .startsWith("   3.000 |");
        assertThat(LossCurve.draw(List.of(point(1, 4), point(2, Double.POSITIVE_INFINITY))))
                .isEmpty();
        assertThat(LossCurve.draw(List.of())).isEmpty();
    }

    @Test
    void aLossThatStaysIsALine() {
        assertThat(LossCurve.draw(List.of(point(1, 2), point(9, 2))).get(7)).endsWith("*".repeat(68));
    }
}
