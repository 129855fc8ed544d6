/*
 * Preloaded into a server process: records every change to files below one directory, in the order
 * in which it took effect, and can make that directory's disk full.
 *
 *   RECORD_DIR    the directory, an absolute path without symbolic links
 *   RECORD_LOG    where to append the record; nothing is recorded without it
 *   RECORD_LIMIT  a file of 8 bytes: how many bytes the directory's files may hold together
 *                 (little endian; read at every growth, so it can be changed at any time)
 *
 * Record: 40 bytes of header (see struct header), then the path, the second path, and the data.
 * A sync leaves two records, because what it covers was written before it began and is durable
 * only after it has ended; writes of other threads may lie between.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/uio.h>
#include <unistd.h>

enum op { OP_OPEN = 1, OP_WRITE, OP_TRUNCATE, OP_SYNC_BEGIN, OP_SYNC_END, OP_UNLINK, OP_RENAME, OP_CLOSE };

struct header {
  uint32_t magic;
  uint32_t op;
  uint64_t handle; /* one per open; OP_OPEN binds it to its path */
  uint64_t number; /* offset, length of the truncation, number of the sync, or 1 when open created */
  uint32_t path_length;
  uint32_t path2_length;
  uint32_t data_length;
  uint32_t reserved;
};

#define MAGIC 0x43455254u
#define FD_MAX 65536

static char directory[PATH_MAX];
static size_t directory_length;
static int log_fd = -1;
static const volatile uint64_t *limit;
static uint64_t handles[FD_MAX];
static uint64_t handle_next = 1;
static uint64_t sync_next = 1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) \
  static __typeof__(name) *real; \
  if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

static int real_open(const char *path, int flags, mode_t mode) {
  static int (*real)(const char *, int, ...);
  if (!real) real = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open64");
  return real(path, flags, mode);
}

static ssize_t real_pwrite(int fd, const void *data, size_t length, off64_t at) {
  REAL(pwrite64);
  return real(fd, data, length, at);
}

static ssize_t real_write(int fd, const void *data, size_t length) {
  REAL(write);
  return real(fd, data, length);
}

__attribute__((constructor)) static void start(void) {
  const char *dir = getenv("RECORD_DIR");
  const char *log = getenv("RECORD_LOG");
  const char *limit_path = getenv("RECORD_LIMIT");
  if (!dir || strlen(dir) >= sizeof directory) return;
  strcpy(directory, dir);
  directory_length = strlen(directory);
  if (log) {
    int fd = real_open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    /* Well above what SQLite and Node get, so that nobody closes it by mistake. */
    log_fd = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 1000);
    if (fd >= 0) close(fd);
    if (log_fd < 0) {
      fprintf(stderr, "record.c: cannot open %s: %s\n", log, strerror(errno));
      abort();
    }
  }
  if (limit_path) {
    int fd = real_open(limit_path, O_RDONLY | O_CLOEXEC, 0);
    void *map = fd < 0 ? MAP_FAILED : mmap(NULL, 8, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) {
      fprintf(stderr, "record.c: cannot map %s: %s\n", limit_path, strerror(errno));
      abort();
    }
    close(fd);
    limit = map;
  }
}

static int inside(const char *path) {
  return directory_length > 0 && path && strncmp(path, directory, directory_length) == 0 &&
         (path[directory_length] == '/' || path[directory_length] == '\0');
}

static uint64_t handle_of(int fd) {
  return fd >= 0 && fd < FD_MAX ? __atomic_load_n(&handles[fd], __ATOMIC_ACQUIRE) : 0;
}

/* Called with the lock held. */
static void record(enum op op, uint64_t handle, uint64_t number, const char *path, const char *path2,
                   const void *data, size_t length) {
  if (log_fd < 0) return;
  struct header header = {MAGIC, op, handle, number, path ? strlen(path) : 0,
                          path2 ? strlen(path2) : 0, length, 0};
  struct iovec pieces[4] = {{&header, sizeof header},
                            {(void *)path, header.path_length},
                            {(void *)path2, header.path2_length},
                            {(void *)data, length}};
  for (int i = 0; i < 4; i++) {
    const char *at = pieces[i].iov_base;
    size_t left = pieces[i].iov_len;
    while (left > 0) {
      ssize_t n = real_write(log_fd, at, left);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) {
        fprintf(stderr, "record.c: cannot write the record: %s\n", strerror(errno));
        abort();
      }
      at += n;
      left -= n;
    }
  }
}

static uint64_t used_below(const char *path, int depth) {
  uint64_t sum = 0;
  DIR *dir = opendir(path);
  if (!dir) return 0;
  for (struct dirent *entry; (entry = readdir(dir));) {
    char child[PATH_MAX];
    struct stat st;
    if (entry->d_name[0] == '.' && (!entry->d_name[1] || !strcmp(entry->d_name, ".."))) continue;
    if (snprintf(child, sizeof child, "%s/%s", path, entry->d_name) >= (int)sizeof child) continue;
    if (lstat(child, &st) < 0) continue;
    if (S_ISREG(st.st_mode)) sum += st.st_size;
    if (S_ISDIR(st.st_mode) && depth < 4) sum += used_below(child, depth + 1);
  }
  closedir(dir);
  return sum;
}

static uint64_t room(void) {
  if (!limit) return UINT64_MAX;
  uint64_t used = used_below(directory, 0);
  return used >= *limit ? 0 : *limit - used;
}

/* How many of `length` bytes at `at` the disk takes; called with the lock held. */
static size_t granted(int fd, size_t length, uint64_t at) {
  struct stat st;
  if (!limit || fstat(fd, &st) < 0 || at + length <= (uint64_t)st.st_size) return length;
  uint64_t size = st.st_size, free_bytes = room();
  uint64_t end = free_bytes > UINT64_MAX - size ? UINT64_MAX : size + free_bytes;
  if (at + length <= end) return length;
  return end > at ? end - at : 0;
}

static int opened(int fd, const char *path, int flags, int existed, uint64_t size) {
  if (fd < 0 || fd >= FD_MAX) return fd;
  (void)size;
  pthread_mutex_lock(&lock);
  uint64_t handle = handle_next++;
  record(OP_OPEN, handle, !existed, path, NULL, NULL, 0);
  if ((flags & O_TRUNC) && existed) record(OP_TRUNCATE, handle, 0, NULL, NULL, NULL, 0);
  __atomic_store_n(&handles[fd], handle, __ATOMIC_RELEASE);
  pthread_mutex_unlock(&lock);
  return fd;
}

static int open_recorded(const char *path, int flags, mode_t mode) {
  if (!inside(path)) return real_open(path, flags, mode);
  struct stat st;
  int existed = stat(path, &st) == 0;
  if (!existed && (flags & O_CREAT) && room() == 0) {
    errno = ENOSPC;
    return -1;
  }
  return opened(real_open(path, flags, mode), path, flags, existed, existed ? st.st_size : 0);
}

#define MODE_ARGUMENT \
  mode_t mode = 0; \
  if (flags & (O_CREAT | __O_TMPFILE)) { \
    va_list arguments; \
    va_start(arguments, flags); \
    mode = va_arg(arguments, mode_t); \
    va_end(arguments); \
  }

int open(const char *path, int flags, ...) {
  MODE_ARGUMENT
  return open_recorded(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  MODE_ARGUMENT
  return open_recorded(path, flags, mode);
}

int openat(int dir, const char *path, int flags, ...) {
  MODE_ARGUMENT
  static int (*real)(int, const char *, int, ...);
  if (!real) real = (int (*)(int, const char *, int, ...))dlsym(RTLD_NEXT, "openat64");
  if (path[0] == '/') return open_recorded(path, flags, mode);
  return real(dir, path, flags, mode);
}

int openat64(int dir, const char *path, int flags, ...) {
  MODE_ARGUMENT
  return openat(dir, path, flags, mode);
}

int creat(const char *path, mode_t mode) {
  return open_recorded(path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

int creat64(const char *path, mode_t mode) {
  return creat(path, mode);
}

int close(int fd) {
  REAL(close);
  uint64_t handle = handle_of(fd);
  if (handle) {
    pthread_mutex_lock(&lock);
    record(OP_CLOSE, handle, 0, NULL, NULL, NULL, 0);
    __atomic_store_n(&handles[fd], 0, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&lock);
  }
  return real(fd);
}

static ssize_t write_at(int fd, uint64_t handle, const void *data, size_t length, off64_t at) {
  pthread_mutex_lock(&lock);
  size_t take = granted(fd, length, at);
  ssize_t n = -1;
  if (take == 0 && length > 0) errno = ENOSPC;
  else n = real_pwrite(fd, data, take, at);
  if (n > 0) record(OP_WRITE, handle, at, NULL, NULL, data, n);
  pthread_mutex_unlock(&lock);
  return n;
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t at) {
  uint64_t handle = handle_of(fd);
  return handle ? write_at(fd, handle, data, length, at) : real_pwrite(fd, data, length, at);
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t at) {
  return pwrite64(fd, data, length, at);
}

ssize_t write(int fd, const void *data, size_t length) {
  uint64_t handle = handle_of(fd);
  if (!handle) return real_write(fd, data, length);
  struct stat st;
  int appends = (fcntl(fd, F_GETFL) & O_APPEND) != 0;
  off64_t at = appends && fstat(fd, &st) == 0 ? st.st_size : lseek64(fd, 0, SEEK_CUR);
  if (at < 0) return real_write(fd, data, length);
  ssize_t n = write_at(fd, handle, data, length, at);
  if (n > 0) lseek64(fd, at + n, SEEK_SET);
  return n;
}

ssize_t writev(int fd, const struct iovec *pieces, int count) {
  REAL(writev);
  if (!handle_of(fd)) return real(fd, pieces, count);
  ssize_t sum = 0;
  for (int i = 0; i < count; i++) {
    ssize_t n = write(fd, pieces[i].iov_base, pieces[i].iov_len);
    if (n < 0) return sum > 0 ? sum : n;
    sum += n;
    if ((size_t)n < pieces[i].iov_len) break;
  }
  return sum;
}

ssize_t pwritev64(int fd, const struct iovec *pieces, int count, off64_t at) {
  REAL(pwritev64);
  if (!handle_of(fd)) return real(fd, pieces, count, at);
  ssize_t sum = 0;
  for (int i = 0; i < count; i++) {
    ssize_t n = pwrite64(fd, pieces[i].iov_base, pieces[i].iov_len, at + sum);
    if (n < 0) return sum > 0 ? sum : n;
    sum += n;
    if ((size_t)n < pieces[i].iov_len) break;
  }
  return sum;
}

ssize_t pwritev(int fd, const struct iovec *pieces, int count, off_t at) {
  return pwritev64(fd, pieces, count, at);
}

int ftruncate64(int fd, off64_t length) {
  REAL(ftruncate64);
  uint64_t handle = handle_of(fd);
  if (!handle) return real(fd, length);
  pthread_mutex_lock(&lock);
  int result = real(fd, length);
  if (result == 0) record(OP_TRUNCATE, handle, length, NULL, NULL, NULL, 0);
  pthread_mutex_unlock(&lock);
  return result;
}

int ftruncate(int fd, off_t length) {
  return ftruncate64(fd, length);
}

static int grow(int fd, uint64_t handle, off64_t length) {
  struct stat st;
  pthread_mutex_lock(&lock);
  int result = 0;
  if (fstat(fd, &st) == 0 && length > st.st_size) {
    REAL(ftruncate64);
    if (granted(fd, length - st.st_size, st.st_size) < (size_t)(length - st.st_size)) result = ENOSPC;
    else if (real(fd, length) < 0) result = errno;
    else record(OP_TRUNCATE, handle, length, NULL, NULL, NULL, 0);
  }
  pthread_mutex_unlock(&lock);
  return result;
}

int posix_fallocate64(int fd, off64_t at, off64_t length) {
  REAL(posix_fallocate64);
  uint64_t handle = handle_of(fd);
  return handle ? grow(fd, handle, at + length) : real(fd, at, length);
}

int posix_fallocate(int fd, off_t at, off_t length) {
  return posix_fallocate64(fd, at, length);
}

static int sync_recorded(int fd, int (*real)(int)) {
  uint64_t handle = handle_of(fd);
  if (!handle) return real(fd);
  pthread_mutex_lock(&lock);
  uint64_t number = sync_next++;
  record(OP_SYNC_BEGIN, handle, number, NULL, NULL, NULL, 0);
  pthread_mutex_unlock(&lock);
  int result = real(fd);
  if (result == 0) {
    pthread_mutex_lock(&lock);
    record(OP_SYNC_END, handle, number, NULL, NULL, NULL, 0);
    pthread_mutex_unlock(&lock);
  }
  return result;
}

int fsync(int fd) {
  REAL(fsync);
  return sync_recorded(fd, real);
}

int fdatasync(int fd) {
  REAL(fdatasync);
  return sync_recorded(fd, real);
}

int unlink(const char *path) {
  REAL(unlink);
  if (!inside(path)) return real(path);
  pthread_mutex_lock(&lock);
  int result = real(path);
  if (result == 0) record(OP_UNLINK, 0, 0, path, NULL, NULL, 0);
  pthread_mutex_unlock(&lock);
  return result;
}

int rename(const char *from, const char *to) {
  REAL(rename);
  if (!inside(from) && !inside(to)) return real(from, to);
  pthread_mutex_lock(&lock);
  int result = real(from, to);
  if (result == 0) record(OP_RENAME, 0, 0, from, to, NULL, 0);
  pthread_mutex_unlock(&lock);
  return result;
}

/* Copies inside the kernel cannot be recorded; callers fall back to reading and writing. */
ssize_t copy_file_range(int in, off64_t *in_at, int out, off64_t *out_at, size_t length, unsigned flags) {
  REAL(copy_file_range);
  if (!handle_of(out)) return real(in, in_at, out, out_at, length, flags);
  errno = ENOSYS;
  return -1;
}

static void show_limit(const char *path, struct statfs64 *st) {
  if (!limit || !path || strncmp(path, directory, strlen(directory)) != 0) return;
  uint64_t blocks = room() / st->f_bsize;
  st->f_bavail = blocks;
  st->f_bfree = blocks;
}

int statfs64(const char *path, struct statfs64 *st) {
  REAL(statfs64);
  int result = real(path, st);
  if (result == 0) show_limit(path, st);
  return result;
}

int statfs(const char *path, struct statfs *st) {
  return statfs64(path, (struct statfs64 *)st); /* the same layout on 64-bit Linux */
}
