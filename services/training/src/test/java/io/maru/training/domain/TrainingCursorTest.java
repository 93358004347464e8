package io.maru.training.domain;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TrainingCursorTest {
    @Test
    void aBatchThatIsLeftOutMovesAllLaterOnes() {
        TrainingCursor cursor = TrainingCursor.BEGINNING.without(3, 3).without(5, 8);

        assertThat(cursor.batch(5)).isEqualTo(9);
        assertThat(cursor.skipped()).isEqualTo(4);
        assertThat(cursor.skips()).containsExactly(new TrainingCursor.Skipped(3, 1), new TrainingCursor.Skipped(6, 3));
    }

    @Test
    void countsWhatWasLeftOutInARow() {
        TrainingCursor twice = TrainingCursor.BEGINNING.without(3, 3).without(3, 4);

        assertThat(twice.skipsInARow(3)).isEqualTo(2);
        assertThat(twice.skipsInARow(4)).isZero();
        assertThat(twice.without(5, 7).skipsInARow(5)).isEqualTo(1);
    }

    @Test
    void aSpikeIsMeasuredAgainstRecentLossesOnceThereAreSome() {
        TrainingCursor cursor = TrainingCursor.BEGINNING;
        for (int step = 1; step < TrainingCursor.RECENT; step++) {
            cursor = cursor.stepped(4);
            assertThat(cursor.lossLimit(2)).isEqualTo(Float.MAX_VALUE);
        }
        cursor = cursor.stepped(4);
        assertThat(cursor.lossLimit(2)).isEqualTo(8);
        assertThat(cursor.lossLimit(0)).isEqualTo(Float.MAX_VALUE);
        for (int step = 0; step < 20 * TrainingCursor.RECENT; step++) {
            cursor = cursor.stepped(1);
        }
        assertThat(cursor.lossLimit(2)).isBetween(2f, 2.001f);
    }

    @Test
    void stallsAfterSoManyValidationsThatAreNoBetter() {
        TrainingCursor cursor =
                TrainingCursor.BEGINNING.validated(10, 3).validated(20, 2).validated(30, 2);

        assertThat(cursor.bestStep()).isEqualTo(20);
        assertThat(cursor.isStalled(2)).isFalse();
        assertThat(cursor.validated(40, 2.5).isStalled(2)).isTrue();
        assertThat(cursor.validated(40, 1.5).validated(50, 1.6).isStalled(2)).isFalse();
        assertThat(cursor.validated(40, 2.5).isStalled(0)).isFalse();
    }
}
