package labpack.builder;

import java.io.BufferedOutputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** The product's files by path, relative to its top folder; written in name order. */
final class Tree {
    private final Map<String, byte[]> files = new TreeMap<>();

    void put(String path, byte[] content) {
        files.put(path, content);
    }

    void put(String path, String content) {
        files.put(path, Jars.utf8(content));
    }

    byte[] get(String path) {
        return files.get(path);
    }

    boolean has(String path) {
        return files.containsKey(path);
    }

    void folder(String path) {
        files.put(path + "/", new byte[0]);
    }

    int size() {
        return (int) files.keySet().stream().filter(p -> !p.endsWith("/")).count();
    }

    long bytes() {
        return files.values().stream().mapToLong(c -> c.length).sum();
    }

    void putAll(Path from, String below, java.util.function.UnaryOperator<byte[]> each) throws Exception {
        try (java.util.stream.Stream<Path> all = Files.walk(from)) {
            for (Path p : (Iterable<Path>) all.filter(Files::isRegularFile).sorted()::iterator) {
                put(below + from.relativize(p).toString(), each.apply(Files.readAllBytes(p)));
            }
        }
    }

    /** Every folder gets an entry of its own, as in the real packs. */
    void write(Path out, String top, int level) throws Exception {
        TreeMap<String, byte[]> all = new TreeMap<>(files);
        for (String path : files.keySet()) {
            for (int at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
                all.put(path.substring(0, at + 1), new byte[0]);
            }
        }
        try (OutputStream stream = new BufferedOutputStream(Files.newOutputStream(out), 1 << 20);
                Zip zip = new Zip(stream, level)) {
            zip.add(top + "/", new byte[0], 0755);
            for (Map.Entry<String, byte[]> e : all.entrySet()) {
                boolean executable = e.getKey().endsWith("/") || e.getKey().startsWith("bin/") && e.getKey().endsWith(".sh");
                zip.add(top + "/" + e.getKey(), e.getValue(), executable ? 0755 : 0644);
            }
        }
    }
}
