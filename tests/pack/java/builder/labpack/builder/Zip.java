package labpack.builder;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** A zip writer of our own: fixed times, unix modes, always the same bytes for the same entries. */
final class Zip implements AutoCloseable {
    /** 1 January 2016, 00:00, in DOS form. */
    private static final int TIME = ((2016 - 1980) << 25 | 1 << 21 | 1 << 16);

    private final OutputStream out;
    private final int level;
    private final ByteArrayOutputStream directory = new ByteArrayOutputStream();
    private long position;
    private int count;

    Zip(OutputStream out, int level) {
        this.out = out;
        this.level = level;
    }

    /** Directory entries end in a slash and hold nothing. */
    void add(String name, byte[] content, int mode) throws IOException {
        boolean folder = name.endsWith("/");
        CRC32 crc = new CRC32();
        crc.update(content);
        byte[] packed = folder || content.length == 0 ? content : deflate(content);
        boolean stored = folder || content.length == 0 || packed.length >= content.length;
        byte[] data = stored ? content : packed;
        byte[] path = name.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        common(head, stored, crc.getValue(), data.length, content.length, path.length);
        long offset = position;
        write(new byte[] {'P', 'K', 3, 4});
        write(head.toByteArray());
        write(path);
        write(data);
        directory.write(new byte[] {'P', 'K', 1, 2});
        two(directory, 3 << 8 | 20);
        directory.write(head.toByteArray());
        two(directory, 0);
        two(directory, 0);
        two(directory, 0);
        four(directory, (long) ((folder ? 0040000 : 0100000) | mode) << 16 | (folder ? 0x10 : 0));
        four(directory, offset);
        directory.write(path);
        count++;
    }

    private byte[] deflate(byte[] content) {
        Deflater deflater = new Deflater(level, true);
        deflater.setInput(content);
        deflater.finish();
        ByteArrayOutputStream packed = new ByteArrayOutputStream(content.length / 2 + 64);
        byte[] buffer = new byte[65536];
        while (!deflater.finished()) {
            packed.write(buffer, 0, deflater.deflate(buffer));
        }
        deflater.end();
        return packed.toByteArray();
    }

    private static void common(ByteArrayOutputStream o, boolean stored, long crc, int packed, int size, int name) {
        two(o, 20);
        two(o, 0x0800);
        two(o, stored ? 0 : 8);
        four(o, TIME);
        four(o, crc);
        four(o, packed);
        four(o, size);
        two(o, name);
        two(o, 0);
    }

    private static void two(ByteArrayOutputStream o, int v) {
        o.write(v);
        o.write(v >> 8);
    }

    private static void four(ByteArrayOutputStream o, long v) {
        two(o, (int) v);
        two(o, (int) (v >> 16));
    }

    private void write(byte[] bytes) throws IOException {
        out.write(bytes);
        position += bytes.length;
    }

    @Override
    public void close() throws IOException {
        long begin = position;
        write(directory.toByteArray());
        ByteArrayOutputStream end = new ByteArrayOutputStream();
        end.write(new byte[] {'P', 'K', 5, 6, 0, 0, 0, 0});
        two(end, count);
        two(end, count);
        four(end, position - begin);
        four(end, begin);
        two(end, 0);
        write(end.toByteArray());
        out.close();
    }
}
