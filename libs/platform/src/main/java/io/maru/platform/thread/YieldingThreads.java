package io.maru.platform.thread;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Makes threads that leave the processor to whoever else wants it: work that nobody waits for, and that takes long. Java's
 * own priorities do nothing on Linux, so each thread asks the system's {@code renice} for the lowest there is; where that
 * cannot be had it runs like any other.
 */
public final class YieldingThreads implements ThreadFactory {
    private static final System.Logger log = System.getLogger(YieldingThreads.class.getName());
    private static final String NICENESS = "19";
    private static final AtomicBoolean told = new AtomicBoolean();

    private final String name;

    /** @param name of each thread */
    public YieldingThreads(String name) {
        this.name = name;
    }

    @Override
    public Thread newThread(Runnable task) {
        Thread thread = new Thread(
                () -> {
                    yieldFromNowOn();
                    task.run();
                },
                name);
        // A process that ends does not wait for what nobody waits for.
        thread.setDaemon(true);
        return thread;
    }

    private static void yieldFromNowOn() {
        try {
            // PID/task/TID
            String thread = Files.readSymbolicLink(Path.of("/proc/thread-self"))
                    .getFileName()
                    .toString();
            Process renice = new ProcessBuilder("renice", "-n", NICENESS, "-p", thread)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            int answer = renice.waitFor();
            if (answer != 0) {
                tell("renice: exit code " + answer);
            }
        } catch (IOException e) {
            tell(e.getMessage());
        } catch (InterruptedException e) {
            // The task is to see it.
            Thread.currentThread().interrupt();
        }
    }

    private static void tell(String why) {
        if (!told.getAndSet(true)) {
            log.log(System.Logger.Level.WARNING, "background work takes its full share of the processor: {0}", why);
        }
    }
}
