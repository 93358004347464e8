package io.maru.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * PostgreSQL refuses to run as root, and as a user without a name. Where this process does, its commands run in a user
 * namespace of their own, where they are nobody, if the kernel allows one; root's run as nobody otherwise.
 */
enum Unprivileged {
    /** This process is no root and has a name: nothing to change. */
    AS_IT_IS(List.of()),
    /** The files stay their owner's, and inside the namespace the owner is nobody. */
    IN_USER_NAMESPACE(List.of("unshare", "--user")),
    /** The data becomes nobody's own. */
    AS_NOBODY(List.of("setpriv", "--reuid=" + Unprivileged.NOBODY, "--regid=" + Unprivileged.NOBODY, "--clear-groups"));

    private static final int NOBODY = 65534;

    private final List<String> prefix;

    Unprivileged(List<String> prefix) {
        this.prefix = prefix;
    }

    static Unprivileged choose() throws IOException, InterruptedException {
        Object uid = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        boolean root = uid.equals(0);
        // What the JVM says where the system knows no name for the user's number, as containers often do.
        boolean nameless = System.getProperty("user.name").equals("?");
        if (!root && !nameless) {
            return AS_IT_IS;
        }
        Process probe = new ProcessBuilder(IN_USER_NAMESPACE.command(List.of("true")))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (probe.waitFor() == 0) {
            return IN_USER_NAMESPACE;
        }
        if (root) {
            return AS_NOBODY;
        }
        throw new StartException(
                "postgres: the user " + uid + " has no name (expected: one in /etc/passwd, which PostgreSQL"
                        + " asks for; or a kernel that allows user namespaces)");
    }

    List<String> command(List<String> command) {
        return Stream.concat(prefix.stream(), command.stream()).toList();
    }

    /** Makes the folder and all that is in it belong to the user that the commands run as. */
    void own(Path folder) throws IOException {
        if (this == AS_IT_IS) {
            return;
        }
        int owner = this == AS_NOBODY ? NOBODY : (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
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
