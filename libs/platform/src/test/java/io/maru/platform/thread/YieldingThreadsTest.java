package io.maru.platform.thread;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class YieldingThreadsTest {
    @Test
    @Timeout(30)
    void yieldTheProcessorAndLeaveOthersAsTheyAre() throws Exception {
        ExecutorService thread = Executors.newSingleThreadExecutor(new YieldingThreads("yielding"));
        try {
            int others = niceness();
            assertThat(thread.submit(YieldingThreadsTest::niceness).get()).isEqualTo(19);
            assertThat(thread.submit(() -> Thread.currentThread().getName()).get())
                    .isEqualTo("yielding");
            assertThat(niceness()).isEqualTo(others).isLessThan(19);
        } finally {
            thread.shutdownNow();
        }
    }

    /** proc(5): the nineteenth field of a thread's stat, and the second one may hold spaces. */
    private static int niceness() throws IOException {
        String stat = Files.readString(Path.of("/proc/thread-self/stat"));
        String[] afterTheName = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return Integer.parseInt(afterTheName[19 - 3]);
    }
}
