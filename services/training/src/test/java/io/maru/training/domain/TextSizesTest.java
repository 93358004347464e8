package io.maru.training.domain;

import static org.assertj.core.api.Assertions.assertThat;

import io.maru.platform.error.Violation;
import io.maru.platform.error.Violations;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class TextSizesTest {
    @Test
    void aBlockTakesOneTokenMoreThanItHas() {
        assertThat(wrong(585, 65)).isEmpty();
        assertThat(wrong(576, 64))
                .containsExactly(
                        "model.block: 64 (expected: at most 63, since the validation split is about 64 bytes)");
        assertThat(wrong(64, 576))
                .containsExactly("model.block: 64 (expected: at most 63, since the training split is about 64 bytes)");
    }

    @Test
    void nothingIsSaidOfTextThatIsNotKnown() {
        assertThat(wrong(OptionalLong.empty(), OptionalLong.empty())).isEmpty();
        assertThat(wrong(OptionalLong.of(64), OptionalLong.empty())).hasSize(1);
        assertThat(wrong(OptionalLong.empty(), OptionalLong.of(64))).hasSize(1);
    }

    @Test
    void aJobNeedsTextToValidateWith() {
        assertThat(wrong(60, 0))
                .containsExactly("no text to validate with (expected: a dataset with a validation split;"
                        + " validationFraction makes one)");
    }

    @Test
    void aFieldIsToldOnce() {
        assertThat(wrong(60, 50))
                .containsExactly(
                        "model.block: 64 (expected: at most 49, since the validation split is about 50 bytes)");

        Violations violations = new Violations();
        violations.add("model.block", "64", "at most 32");
        new TextSizes(OptionalLong.of(60), OptionalLong.of(50)).check(new ModelSpec(1, 1, 8, 64), violations);
        assertThat(violations.list()).hasSize(1);
    }

    private static List<String> wrong(long trainBytes, long validationBytes) {
        return wrong(OptionalLong.of(trainBytes), OptionalLong.of(validationBytes));
    }

    private static List<String> wrong(OptionalLong trainBytes, OptionalLong validationBytes) {
        Violations violations = new Violations();
        new TextSizes(trainBytes, validationBytes).check(new ModelSpec(1, 1, 8, 64), violations);
        return violations.list().stream().map(Violation::toString).toList();
    }
}
