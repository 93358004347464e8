package io.maru.e2e;

import static io.maru.e2e.RepositoryFiles.list;
import static io.maru.e2e.RepositoryFiles.map;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A container of docker-compose.yml or of k8s. What an overlay changes of one is not told apart: only what it adds is a
 * container of its own.
 *
 * @param name of the compose service or of the Kubernetes workload; a GPU variant has its own
 * @param environment the names of its variables
 * @param port that others reach it on; 0 where that is not a service of Maru's
 */
record DeployedContainer(String name, String image, Set<String> environment, int port) {
    private static final Pattern SERVICE_IMAGE = Pattern.compile("maru/([a-z]+)(-gpu)?:.+");

    /** The service of Maru whose image it runs, or empty. */
    String service() {
        Matcher image = SERVICE_IMAGE.matcher(this.image);
        return image.matches() ? image.group(1) : "";
    }

    @Override
    public String toString() {
        return name;
    }

    static List<DeployedContainer> ofCompose() {
        List<DeployedContainer> containers = new ArrayList<>();
        Object compose = RepositoryFiles.yaml(RepositoryFiles.read(RepositoryFiles.file("docker-compose.yml")))
                .get(0);
        map(compose, "services").forEach((name, service) -> {
            Object port = map(service, "build", "args").get("PORT");
            containers.add(new DeployedContainer(
                    name,
                    (String) map(service).get("image"),
                    map(service, "environment").keySet(),
                    port == null ? 0 : Integer.parseInt((String) port)));
        });
        return containers;
    }

    static List<DeployedContainer> ofKubernetes() {
        List<Object> objects = objects("k8s");
        List<DeployedContainer> containers = new ArrayList<>();
        for (Object object : objects) {
            for (Map<String, Object> container : containers(object)) {
                if (container.containsKey("image")) {
                    containers.add(new DeployedContainer(
                            (String) map(object, "metadata").get("name"),
                            (String) container.get("image"),
                            environment(container, objects),
                            port(container)));
                }
            }
        }
        return containers;
    }

    /** What overlays change of containers that are told above. */
    static List<DeployedContainer> patchedByKubernetes() {
        List<DeployedContainer> patched = new ArrayList<>();
        for (Object object : objects("k8s/overlays")) {
            for (Map<String, Object> container : containers(object)) {
                if (!container.containsKey("image")) {
                    String name = (String) container.get("name");
                    patched.add(new DeployedContainer(
                            name, "maru/" + name + ":patched", environment(container, List.of()), 0));
                }
            }
        }
        return patched;
    }

    /** All but patches that are lists of changes. */
    private static List<Object> objects(String folder) {
        return RepositoryFiles.below(RepositoryFiles.file(folder), ".yaml").stream()
                .flatMap(file -> RepositoryFiles.yaml(RepositoryFiles.read(file)).stream())
                .filter(Map.class::isInstance)
                .toList();
    }

    private static List<Map<String, Object>> containers(Object object) {
        return list(map(object, "spec", "template", "spec"), "containers");
    }

    private static Set<String> environment(Map<String, Object> container, List<Object> objects) {
        Set<String> names = new TreeSet<>();
        for (Map<String, Object> variable : RepositoryFiles.<Map<String, Object>>list(container, "env")) {
            names.add((String) variable.get("name"));
        }
        for (Map<String, Object> source : RepositoryFiles.<Map<String, Object>>list(container, "envFrom")) {
            source.forEach((kind, reference) -> names.addAll(
                    kind.equals("configMapRef")
                            ? named(objects, "ConfigMap", reference, "data")
                            : named(objects, "Secret", reference, "stringData")));
        }
        return names;
    }

    private static Set<String> named(List<Object> objects, String kind, Object reference, String field) {
        return objects.stream()
                .filter(object -> kind.equals(map(object).get("kind")))
                .filter(object -> map(reference)
                        .get("name")
                        .equals(map(object, "metadata").get("name")))
                .findFirst()
                .map(object -> map(object, field).keySet())
                .orElseThrow(() -> new AssertionError(kind + " " + reference + ": not in k8s"));
    }

    private static int port(Map<String, Object> container) {
        List<Map<String, Object>> ports = list(container, "ports");
        return ports.isEmpty() ? 0 : (int) ports.get(0).get("containerPort");
    }
}
