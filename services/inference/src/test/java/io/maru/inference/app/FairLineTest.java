package io.maru.inference.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class FairLineTest {
    private final FairLine<String> line = new FairLine<>(0, 3);

    @Test
    void workspacesTakeTurns() throws InterruptedException {
        line.offer("a", "a1");
        line.offer("a", "a2");
        line.offer("a", "a3");
        line.offer("b", "b1");

        assertThat(line.take()).isEqualTo("a1");
        assertThat(line.take()).isEqualTo("b1");
        assertThat(line.take()).isEqualTo("a2");
        assertThat(line.take()).isEqualTo("a3");
    }

    @Test
    void aFullWorkspaceLeavesRoomForAnother() {
        for (int i = 0; i < 3; i++) {
            assertThat(line.offer("a", "a" + i)).isTrue();
        }

        assertThat(line.offer("a", "a3")).isFalse();
        assertThat(line.offer("b", "b0")).isTrue();
    }

    @Test
    void whatAFreeTakerIsAboutToTakeDoesNotCount() throws InterruptedException {
        FairLine<String> narrow = new FairLine<>(1, 1);

        assertThat(narrow.offer("a", "a1")).isTrue();
        assertThat(narrow.offer("a", "a2")).isTrue();
        assertThat(narrow.offer("a", "a3")).isFalse();
        narrow.take();
        assertThat(narrow.offer("a", "a3")).isFalse();
        narrow.done();
        assertThat(narrow.offer("a", "a3")).isTrue();
        assertThat(narrow.inHand()).isZero();
    }

    @Test
    void whatWasTakenBackIsNotTaken() throws InterruptedException {
        line.offer("a", "a1");
        line.offer("b", "b1");

        line.remove("a", "a1");
        line.remove("a", "a1");

        assertThat(line.take()).isEqualTo("b1");
    }

    @Test
    void whoeverTakesWaitsForAnItem() throws Exception {
        CompletableFuture<String> taken = new CompletableFuture<>();
        Thread taker = new Thread(() -> {
            try {
                taken.complete(line.take());
            } catch (InterruptedException e) {
                taken.completeExceptionally(e);
            }
        });
        taker.start();

        line.offer("a", "a1");

        assertThat(taken.get(10, TimeUnit.SECONDS)).isEqualTo("a1");
    }

    @Test
    void aClosedLineGivesWhatWaitsAndLetsNothingIn() {
        line.offer("a", "a1");
        line.offer("b", "b1");

        assertThat(line.close()).containsExactly("a1", "b1");
        assertThat(line.offer("a", "a2")).isFalse();
    }
}
