package io.maru.training.domain;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CourseTest {
    @Test
    void aBatchThatIsLeftOutMovesAllLaterOnes() {
        Course course = Course.BEGINNING.without(3, 3).without(5, 8);

        assertThat(course.batch(5)).isEqualTo(9);
        assertThat(course.skipped()).isEqualTo(4);
        assertThat(course.leftOut()).containsExactly(new Course.LeftOut(3, 1), new Course.LeftOut(6, 3));
    }

    @Test
    void countsWhatWasLeftOutInARow() {
        Course twice = Course.BEGINNING.without(3, 3).without(3, 4);

        assertThat(twice.inARow(3)).isEqualTo(2);
        assertThat(twice.inARow(4)).isZero();
        assertThat(twice.without(5, 7).inARow(5)).isEqualTo(1);
    }

    @Test
    void aSpikeIsMeasuredAgainstRecentLossesOnceThereAreSome() {
        Course course = Course.BEGINNING;
        for (int step = 1; step < Course.RECENT; step++) {
            course = course.stepped(4);
            assertThat(course.lossLimit(2)).isEqualTo(Float.MAX_VALUE);
        }
        course = course.stepped(4);
        assertThat(course.lossLimit(2)).isEqualTo(8);
        assertThat(course.lossLimit(0)).isEqualTo(Float.MAX_VALUE);
        for (int step = 0; step < 20 * Course.RECENT; step++) {
            course = course.stepped(1);
        }
        assertThat(course.lossLimit(2)).isBetween(2f, 2.001f);
    }

    @Test
    void stallsAfterSoManyValidationsThatAreNoBetter() {
        Course course = Course.BEGINNING.validated(10, 3).validated(20, 2).validated(30, 2);

        assertThat(course.bestStep()).isEqualTo(20);
        assertThat(course.isStalled(2)).isFalse();
        assertThat(course.validated(40, 2.5).isStalled(2)).isTrue();
        assertThat(course.validated(40, 1.5).validated(50, 1.6).isStalled(2)).isFalse();
        assertThat(course.validated(40, 2.5).isStalled(0)).isFalse();
    }
}
