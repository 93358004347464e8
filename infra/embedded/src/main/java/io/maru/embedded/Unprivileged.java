package io.maru.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * PostgreSQL refuses to run as root. Where this process does, its commands run without root's rights: in a user namespace
 * of their own if the kernel allows one, and as nobody otherwise.
 */
enum Unprivileged {
    /** This process is no root: nothing to give up. */
    AS_IT_IS(List.of()),
    /** The files stay root's, and inside the namespace root is nobody. */
    IN_USER_NAMESPACE(List.of("unshare", "--user")),
    /** The data becomes nobody's own. */
    AS_NOBODY(List.of("setpriv", "--reuid=" + Unprivileged.NOBODY, "--regid=" + Unprivileged.NOBODY, "--clear-groups"));

    private static final int NOBODY = 65534;

    private final List<String> prefix;

    Unprivileged(List<String> prefix) {
        this.prefix = prefix;
    }

    static Unprivileged choose() throws IOException, InterruptedException {
        boolean root = Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
        if (!root) {
            return AS_IT_IS;
        }
        Process probe = new ProcessBuilder(IN_USER_NAMESPACE.command(List.of("true")))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        return probe.waitFor() == 0 ? IN_USER_NAMESPACE : AS_NOBODY;
    }

    List<String> command(List<String> command) {
        return Stream.concat(prefix.stream(), command.stream()).toList();
    }

    /** Makes the folder and all that is in it belong to the user that the commands run as. */
    void own(Path folder) throws IOException {
        if (this == AS_IT_IS) {
            return;
        }
        int owner = this == AS_NOBODY ? NOBODY : 0;
        if (Files.getAttribute(folder, "unix:uid").equals(owner)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Files.setAttribute(file, "unix:uid", owner, LinkOption.NOFOLLOW_LINKS);
            }
        }
    }
}
