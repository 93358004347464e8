package io.maru.ingestion.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Refusal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SourceNameTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "uploads/0123456789abcdef0123456789abcdef",
                "inbox/a.txt",
                "inbox/crawl=7/이야기 1.txt",
                "inbox/..hidden/a"
            })
    void takesUploadsAndWhatIsBelowTheInbox(String name) {
        assertThat(SourceName.full("w", name)).isEqualTo("workspaces/w/" + name);
        assertThat(SourceName.full("w", "workspaces/w/" + name)).isEqualTo("workspaces/w/" + name);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "inbox",
                "inbox/",
                "inbox//a",
                "inbox/a/",
                "inbox/../corpora/c/manifest.json",
                "inbox/./a",
                "inbox/a/..",
                "inbox\\a",
                "inbox/a\\..\\b",
                "inbox/a\nb",
                "/inbox/a",
                "uploads/../inbox/a",
                "uploads/0123456789ABCDEF0123456789ABCDEF",
                "uploads/0123",
                "corpora/c/manifest.json",
                "file:///etc/passwd",
                "workspaces/w",
                "workspaces/w/",
                "workspaces/w/inbox/../../v/inbox/a"
            })
    void refusesEverythingElse(String name) {
        assertThatThrownBy(() -> SourceName.full("w", name))
                .isInstanceOfSatisfying(
                        Refusal.class, e -> assertThat(e.reason()).isEqualTo(IngestionReason.INVALID_SOURCE));
    }

    @Test
    void refusesWhatAnotherWorkspaceMayHave() {
        assertThatThrownBy(() -> SourceName.full("w", "workspaces/v/inbox/a"))
                .isInstanceOfSatisfying(
                        Refusal.class, e -> assertThat(e.reason()).isEqualTo(CommonReason.PERMISSION_DENIED));
    }

    @Test
    void refusesAKeyThatNoStoreTakes() {
        assertThatThrownBy(() -> SourceName.full("w", "inbox/" + "a".repeat(1010)))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("aaa…\"");
    }
}
