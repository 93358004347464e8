package io.maru.training.domain;

import static org.assertj.core.api.Assertions.assertThat;

import io.maru.platform.error.Violation;
import io.maru.platform.error.Violations;
import java.util.List;
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
        assertThat(wrong(0, 0)).isEmpty();
    }

    @Test
    void aFieldIsToldOnce() {
        assertThat(wrong(60, 50))
                .containsExactly(
                        "model.block: 64 (expected: at most 49, since the validation split is about 50 bytes)");

        Violations violations = new Violations();
        violations.add("model.block", "64", "at most 32");
        new TextSizes(60, 50).check(new ModelSpec(1, 1, 8, 64), violations);
        assertThat(violations.list()).hasSize(1);
    }

    private static List<String> wrong(long trainBytes, long validationBytes) {
        Violations violations = new Violations();
        new TextSizes(trainBytes, validationBytes).check(new ModelSpec(1, 1, 8, 64), violations);
        return violations.list().stream().map(Violation::toString).toList();
    }
}
