package io.maru.platform.name;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Refusal;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResourceNameTest {
    private static final String PATTERN = "runs/{run}/checkpoints/{step}";

    @ParameterizedTest
    @ValueSource(strings = {"runs/a/checkpoints/500", "runs/0-z/checkpoints/0", "runs/tiny-stories-2/checkpoints/x"})
    void aNameThatFitsComesBackInFull(String name) {
        assertThat(ResourceName.full("name", name, PATTERN)).isEqualTo("workspaces/default/" + name);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "runs/a",
                "runs/a/checkpoints",
                "runs/a/checkpoints/",
                "runs//checkpoints/1",
                "runs/a/checkpoints/1/",
                "/runs/a/checkpoints/1",
                "runs/a/checkpoints/1/files/b",
                "jobs/a/checkpoints/1",
                "runs/A/checkpoints/1",
                "runs/-a/checkpoints/1",
                "runs/a-/checkpoints/1",
                "runs/../checkpoints/1",
                "runs/a_b/checkpoints/1",
                "runs/é/checkpoints/1",
                "runs/{run}/checkpoints/{step}",
                "runs/a/checkpoints/1\n"
            })
    void aNameThatDoesNotFitIsRefused(String name) {
        assertRefused(
                CommonReason.INVALID_NAME,
                "name: \"" + name + "\" (expected: " + PATTERN + ")",
                () -> ResourceName.full("name", name, PATTERN));
    }

    @ParameterizedTest
    @ValueSource(strings = {"models/a@production", "models/story-2@0-b"})
    void aPartMayBeTwoIds(String name) {
        assertThat(ResourceName.full("name", name, "models/{model}@{alias}")).isEqualTo("workspaces/default/" + name);
        assertThat(ResourceName.fits(name, "models/{model}")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"models/a", "models/a@", "models/@b", "models/a@b@c", "models/a@B", "models@b/a", "models/a@@b"})
    void refusesAPartOfAnotherNumberOfIds(String name) {
        assertRefused(
                CommonReason.INVALID_NAME,
                "name: \"" + name + "\" (expected: models/{model}@{alias})",
                () -> ResourceName.full("name", name, "models/{model}@{alias}"));
    }

    @Test
    void aPartHasAtMost63Characters() {
        String max = "a".repeat(63);

        assertThat(ResourceName.idOrNew("run_id", max)).isEqualTo(max);
        assertRefused(
                CommonReason.INVALID_NAME,
                "run_id: \"" + max + "a\" (expected: lowercase letters, digits and hyphens, 1 to 63)",
                () -> ResourceName.idOrNew("run_id", max + "a"));
    }

    @Test
    void aCallerWhoChoosesNoIdGetsANewOneThatFits() {
        String one = ResourceName.idOrNew("run_id", "");
        String other = ResourceName.idOrNew("run_id", "");

        assertThat(one).isNotEqualTo(other);
        assertThat(ResourceName.full("name", "runs/" + one, "runs/{run}")).endsWith(one);
    }

    @Test
    void aRefusalQuotesNoMoreThanItsReaderWants() {
        assertThatExceptionOfType(Refusal.class)
                .isThrownBy(() -> ResourceName.full("name", "x".repeat(1_000_000), PATTERN))
                .satisfies(refusal -> assertThat(refusal.getMessage()).hasSizeLessThan(300));
    }

    @Test
    void aFullNameBeginsWithItsWorkspace() {
        String name = ResourceName.of("alice", "runs/a");

        assertThat(name).isEqualTo("workspaces/alice/runs/a");
        assertThat(ResourceName.workspace(name)).isEqualTo("alice");
        assertThat(ResourceName.relative(name)).isEqualTo("runs/a");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"workspaces/default", "workspaces//runs/a", "workspaces/A/runs/a", "workspaces/default/jobs/a"})
    void aFullNameThatDoesNotFitIsRefused(String name) {
        assertRefused(
                CommonReason.INVALID_NAME,
                "name: \"" + name + "\" (expected: runs/{run} or runs/{run}/checkpoints/{step})",
                () -> ResourceName.full("name", name, "runs/{run}", PATTERN));
    }

    @Test
    void theLastPartIsWhatFollowsTheLastSlash() {
        assertThat(ResourceName.last("runs/a/checkpoints/500")).isEqualTo("500");
    }

    @Test
    void aRequestIdHasALength() {
        String max = "é".repeat(ResourceName.MAX_REQUEST_ID);
        assertThat(ResourceName.checkRequestId(max)).isEqualTo(max);
        for (String wrong : new String[] {"", " ", max + "x"}) {
            assertRefused(
                    CommonReason.INVALID_ARGUMENT,
                    "request_id: \"" + wrong + "\" (expected: 1 to 128 characters)",
                    () -> ResourceName.checkRequestId(wrong));
        }
    }

    private static void assertRefused(CommonReason reason, String message, ThrowingCallable call) {
        assertThatExceptionOfType(Refusal.class)
                .isThrownBy(call)
                .withMessage(message)
                .extracting(Refusal::reason)
                .isEqualTo(reason);
    }
}
